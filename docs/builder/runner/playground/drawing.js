// Drawings on canvases: the plane with its boundary, the small maps of neurons, the edges of the
// network, the curve of the loss. Blue is below zero, orange above; shapes and widths say it again.

const LIGHT = { low: [0, 114, 178], middle: [250, 250, 247], high: [213, 94, 0], ink: "#1d2126", paper: "#ffffff", line: "#8a9099" };
const DARK = { low: [64, 156, 214], middle: [22, 25, 30], high: [224, 120, 40], ink: "#f2f4f6", paper: "#14171b", line: "#7c8691" };

export const colours = () =>
  document.body.dataset.mdColorScheme === "slate" ? DARK : LIGHT;

const css = ([r, g, b], alpha = 1) => `rgb(${r} ${g} ${b} / ${alpha})`;
export const colourOf = (number, { low, high }) => css(number < 0 ? low : high);

// A canvas as sharp as the screen; gives its context, scaled to the size that it has on the page.
export function sharp(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}

// Numbers as pixels.
export function mapped(canvas, size, numbers, scale, { low, middle, high }) {
  if (canvas.width !== size) Object.assign(canvas, { width: size, height: size });
  const context = canvas.getContext("2d");
  const image = context.createImageData(size, size);
  for (let i = 0; i < numbers.length; i++) {
    const share = Math.max(-1, Math.min(1, numbers[i] / scale));
    const [end, weight] = share < 0 ? [low, -share] : [high, share];
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = middle[k] + (end[k] - middle[k]) * weight * 0.85;
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

const behind = document.createElement("canvas");

export function drawPlane(canvas, state, { rows, reach, example }) {
  const palette = colours();
  const { context, width, height } = sharp(canvas);
  const at = (x, y) => [
    (0.5 + (0.5 * (x - reach.x)) / reach.size) * width,
    (0.5 - (0.5 * (y - reach.y)) / reach.size) * height,
  ];
  if (state) {
    mapped(behind, state.grid, state.whole, 1.5, palette);
    context.imageSmoothingEnabled = true;
    context.drawImage(behind, 0, 0, width, height);
    drawBoundary(context, state, width, palette);
  }
  rows.forEach((row, i) => drawPoint(context, at(row[0], row[1]), row[2], i === example, palette));
}

// A circle for the class -1, a square for the class 1.
function drawPoint(context, [x, y], label, isChosen, palette) {
  const size = isChosen ? 7 : 4;
  context.beginPath();
  if (label > 0) context.rect(x - size * 0.9, y - size * 0.9, 1.8 * size, 1.8 * size);
  else context.arc(x, y, size, 0, 2 * Math.PI);
  context.fillStyle = css(label > 0 ? palette.high : palette.low);
  context.fill();
  context.lineWidth = isChosen ? 6 : 1.25;
  context.strokeStyle = palette.paper;
  context.stroke();
  if (!isChosen) return;
  context.lineWidth = 2.5;
  context.strokeStyle = palette.ink;
  context.stroke();
}

// The line on which the score is zero: through every square of the grid where it changes its sign.
function drawBoundary(context, { grid, whole }, width, palette) {
  const cell = width / grid;
  context.beginPath();
  for (let i = 0; i + 1 < grid; i++) {
    for (let j = 0; j + 1 < grid; j++) {
      const crossings = crossingsOf(whole, grid, i, j);
      for (let k = 0; k + 1 < crossings.length; k += 2) {
        for (const [m, [x, y]] of [crossings[k], crossings[k + 1]].entries()) {
          context[m ? "lineTo" : "moveTo"]((x + 0.5) * cell, (y + 0.5) * cell);
        }
      }
    }
  }
  context.lineWidth = 2;
  context.strokeStyle = palette.ink;
  context.stroke();
}

function crossingsOf(whole, grid, i, j) {
  const corner = [[0, 0], [1, 0], [1, 1], [0, 1]];
  const value = ([dx, dy]) => whole[(j + dy) * grid + i + dx];
  return corner.flatMap((from, k) => {
    const to = corner[(k + 1) % 4];
    const [a, b] = [value(from), value(to)];
    if (a > 0 === b > 0) return [];
    const t = a / (a - b);
    return [[i + from[0] + t * (to[0] - from[0]), j + from[1] + t * (to[1] - from[1])]];
  });
}

// The curve, by the logarithm where losses span more than a factor of ten.
export function drawCurve(canvas, losses, step) {
  const palette = colours();
  const { context, width, height } = sharp(canvas);
  const stride = Math.max(1, Math.floor(losses.length / (2 * width)));
  const picked = losses.filter((loss, i) => (i % stride === 0 || i === step) && Number.isFinite(loss));
  const [least, most] = [Math.min(...picked), Math.max(...picked)];
  const isLogarithmic = least > 0 && most > 10 * least;
  const scale = isLogarithmic ? Math.log : (it) => it;
  const [low, high] = isLogarithmic ? [scale(least), scale(most)] : [Math.min(0, least), most];
  const x = (i) => 6 + ((width - 12) * i) / Math.max(losses.length - 1, 1);
  const y = (loss) => height - 8 - ((height - 16) * (scale(loss) - low)) / (high - low || 1);
  context.beginPath();
  for (let i = 0; i < losses.length; i += stride) context.lineTo(x(i), y(losses[i]));
  context.lineWidth = 2;
  context.strokeStyle = css(palette.low);
  context.stroke();
  context.beginPath();
  context.arc(x(step), y(losses[step] ?? 0), 4.5, 0, 2 * Math.PI);
  context.fillStyle = css(palette.high);
  context.fill();
  context.fillStyle = palette.ink;
  context.font = "11px system-ui, sans-serif";
  context.textAlign = "right";
  context.fillText(Number(most).toPrecision(3), width - 8, 16);
  context.fillText(`${isLogarithmic ? "logarithmic, least " : "least "}${Number(least).toPrecision(3)}`, width - 8, 30);
}

// The edges: as wide as the weight is large; dashed where it is below zero.
export function drawEdges(canvas, edges, parameters, chosen) {
  const palette = colours();
  const { context } = sharp(canvas);
  let largest = 1e-9;
  for (const { place } of edges) largest = Math.max(largest, Math.abs(parameters?.[place] ?? 0));
  for (const edge of edges) {
    const weight = parameters ? parameters[edge.place] : 0;
    const share = Math.abs(weight) / largest;
    context.beginPath();
    const middle = (edge.x1 + edge.x2) / 2;
    context.moveTo(edge.x1, edge.y1);
    context.bezierCurveTo(middle, edge.y1, middle, edge.y2, edge.x2, edge.y2);
    context.lineWidth = edge === chosen ? 6 : 0.5 + 3 * share;
    context.setLineDash(weight < 0 ? [5, 3] : []);
    context.globalAlpha = edge === chosen ? 1 : parameters ? 0.12 + 0.68 * share : 0.35;
    context.strokeStyle = parameters ? colourOf(weight, palette) : palette.line;
    context.stroke();
  }
}

export function largestOf(numbers) {
  let largest = 1e-9;
  for (const it of numbers) largest = Math.max(largest, Math.abs(it));
  return largest;
}
