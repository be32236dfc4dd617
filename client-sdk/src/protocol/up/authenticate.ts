import { z } from 'zod';

export const authenticateSchema = z.strictObject({ token: z.string().min(1).max(8192) });
export type Authenticate = z.infer<typeof authenticateSchema>;
