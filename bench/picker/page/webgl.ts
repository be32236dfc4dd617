import { categoryColours, colourOf, SEAT_RADIUS, type MakePeer, type Peer } from './peer.js';
import { run } from './run.js';
import { listenToDrags, seatsInView, wholeChart, type View } from './view.js';

/*
 * Seats as WebGL points, by the bare interface: what any library for it comes down to, without the library's own cost. It
 * draws discs and nothing else: no outlines, numbers, labels or forms, which need textures or a second canvas.
 */
const VERTEX = `#version 300 es
in vec2 place;
in vec3 colour;
uniform vec3 view;
uniform vec2 size;
uniform float radius;
out vec3 paint;
void main() {
  vec2 pixel = place * view.z + view.xy;
  gl_Position = vec4(pixel / size * vec2(2, -2) + vec2(-1, 1), 0, 1);
  gl_PointSize = max(2.0 * radius * view.z, 1.0);
  paint = colour;
}`;
const FRAGMENT = `#version 300 es
precision mediump float;
in vec3 paint;
out vec4 result;
void main() {
  float edge = length(gl_PointCoord - 0.5) * 2.0;
  float alpha = 1.0 - smoothstep(0.85, 1.0, edge);
  if (alpha == 0.0) discard;
  result = vec4(mix(vec3(1), paint, alpha), 1);
}`;

function programOf(gl: WebGL2RenderingContext): WebGLProgram {
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX],
    [gl.FRAGMENT_SHADER, FRAGMENT],
  ] as const) {
    const shader = gl.createShader(type);
    if (shader === null) throw new Error('no shader');
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (gl.getProgramParameter(program, gl.LINK_STATUS) !== true) throw new Error(gl.getProgramInfoLog(program) ?? '');
  gl.useProgram(program);
  return program;
}

function attribute(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, data: Float32Array | Uint8Array) {
  const buffer = gl.createBuffer();
  const bytes = data instanceof Uint8Array;
  const at = gl.getAttribLocation(program, name);
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(at);
  gl.vertexAttribPointer(at, bytes ? 3 : 2, bytes ? gl.UNSIGNED_BYTE : gl.FLOAT, bytes, 0, 0);
  return buffer;
}

const webglMap: MakePeer = (stage, chart, letters): Peer => {
  const canvas = document.createElement('canvas');
  canvas.className = 'map';
  stage.append(canvas);
  canvas.width = Math.round(stage.clientWidth * devicePixelRatio);
  canvas.height = Math.round(stage.clientHeight * devicePixelRatio);
  const gl = canvas.getContext('webgl2', { antialias: false, alpha: false });
  if (gl === null) throw new Error('no WebGL here');
  const program = programOf(gl);
  const categories = categoryColours(chart);
  const colours = new Uint8Array(chart.seats.length * 3);
  const paint = (seatNo: number, now: Uint8Array): void => {
    const number = Number.parseInt(colourOf(now[seatNo] ?? 0, categories[seatNo] ?? '').slice(1), 16);
    colours.set([number >> 16, (number >> 8) & 255, number & 255], seatNo * 3);
  };
  for (let seatNo = 0; seatNo < letters.length; seatNo++) paint(seatNo, letters);
  attribute(gl, program, 'place', Float32Array.from(chart.seats.flatMap(({ x, y }) => [x, y])));
  // Bound last, and the only one that changes.
  attribute(gl, program, 'colour', colours);
  gl.uniform1f(gl.getUniformLocation(program, 'radius'), SEAT_RADIUS);
  gl.uniform2f(gl.getUniformLocation(program, 'size'), canvas.width, canvas.height);
  gl.clearColor(1, 1, 1, 1);
  const viewAt = gl.getUniformLocation(program, 'view');
  let view: View = wholeChart(stage, chart);
  let frame = 0;
  const redraw = (): void => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform3f(viewAt, view.x * devicePixelRatio, view.y * devicePixelRatio, view.scale * devicePixelRatio);
      gl.drawArrays(gl.POINTS, 0, chart.seats.length);
    });
  };
  const place = (to: View): void => {
    view = to;
    redraw();
  };
  redraw();
  listenToDrags(stage, (dx, dy) => place({ ...view, x: view.x + dx, y: view.y + dy }));
  return {
    setSeats(seatNos, now) {
      for (const seatNo of seatNos) {
        paint(seatNo, now);
        gl.bufferSubData(gl.ARRAY_BUFFER, seatNo * 3, colours, seatNo * 3, 3);
      }
      redraw();
    },
    showSeats: (seatNos) => place(seatsInView(stage, chart, seatNos)),
  };
};

run(webglMap);
