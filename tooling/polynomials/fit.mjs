// Fits the polynomials and rational functions of packages/backend-wasm/src/vector/math and backend-webgpu/src/wgsl:
//   node tooling/polynomials/fit.mjs [name]
// Minimax by Lawson's reweighted least squares; float32 sets are rounded from the lowest power up, the rest fitted again.
import { rows } from './rows.mjs';

/** Least squares by modified Gram-Schmidt, done twice for its accuracy. */
function solve(columns, target) {
  const n = columns.length;
  const q = columns.map((column) => Float64Array.from(column));
  const r = columns.map(() => new Float64Array(n));
  const rest = Float64Array.from(target);
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  const y = new Float64Array(n);
  for (let j = 0; j < n; j++) {
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const share = dot(q[i], q[j]);
        r[i][j] += share;
        q[i].forEach((value, k) => {
          q[j][k] -= share * value;
        });
      }
    }
    r[j][j] = Math.sqrt(dot(q[j], q[j]));
    q[j] = q[j].map((value) => value / r[j][j]);
    y[j] = dot(q[j], rest);
    q[j].forEach((value, k) => {
      rest[k] -= y[j] * value;
    });
  }
  const x = new Float64Array(n);
  for (let j = n - 1; j >= 0; j--) {
    let sum = y[j];
    for (let k = j + 1; k < n; k++) sum -= r[j][k] * x[k];
    x[j] = sum / r[j][j];
  }
  return x;
}

const evaluate = (x, coefficients) => coefficients.reduceRight((sum, c) => sum * x + c, 0);

/**
 * `top` and `bottom`: numbers of coefficients, lowest power first; an entry of `fixed` or `fixedBottom` is a coefficient
 * that stays. `weight(x)` multiplies the error.
 */
function minimax({ f, weight, range: [low, high], top, bottom = 1, fixed = [], fixedBottom = [1], points = 500 }) {
  const xs = Float64Array.from({ length: points }, (_, i) => {
    return (low + high) / 2 - ((high - low) / 2) * Math.cos((Math.PI * (i + 0.5)) / points);
  });
  const scale = Math.max(Math.abs(low), Math.abs(high));
  const values = xs.map((x) => f(x));
  const weights = xs.map((x) => weight(x));
  const lawson = new Float64Array(points).fill(1);
  let bottoms = new Float64Array(points).fill(1);
  let best = { worst: Number.POSITIVE_INFINITY };
  for (let round = 0; round < 400; round++) {
    const row = lawson.map((l, i) => (Math.sqrt(l) * weights[i]) / bottoms[i]);
    const columns = [];
    for (let k = fixed.length; k < top; k++) columns.push(xs.map((x, i) => row[i] * (x / scale) ** k));
    for (let k = fixedBottom.length; k < bottom; k++) {
      columns.push(xs.map((x, i) => -row[i] * values[i] * (x / scale) ** k));
    }
    const target = xs.map((x, i) => row[i] * (values[i] * evaluate(x, fixedBottom) - evaluate(x, fixed)));
    const solution = solve(columns, target);
    const P = [...fixed];
    const Q = [...fixedBottom];
    let at = 0;
    for (let k = fixed.length; k < top; k++) P.push(solution[at++] / scale ** k);
    for (let k = fixedBottom.length; k < bottom; k++) Q.push(solution[at++] / scale ** k);
    bottoms = xs.map((x) => evaluate(x, Q));
    const errors = xs.map((x, i) => Math.abs(weights[i] * (values[i] - evaluate(x, P) / bottoms[i])));
    const worst = Math.max(...errors);
    if (worst < best.worst) best = { worst, P, Q };
    const mean = errors.reduce((sum, error, i) => sum + error * lawson[i], 0) / lawson.reduce((a, b) => a + b, 0);
    if (!(mean > 0)) break;
    errors.forEach((error, i) => {
      lawson[i] = Math.max(lawson[i] * (error / mean), 1e-12);
    });
  }
  return best;
}

function roundedMinimax(row) {
  if (!row.float32) return minimax(row);
  let fixed = row.fixed ?? [];
  let fixedBottom = row.fixedBottom ?? [1];
  let found;
  for (;;) {
    found = minimax({ ...row, fixed, fixedBottom });
    const { P, Q } = found;
    if (fixed.length === P.length && fixedBottom.length === Q.length) return found;
    if (fixed.length < P.length) fixed = [...fixed, Math.fround(P[fixed.length])];
    if (fixedBottom.length < Q.length) fixedBottom = [...fixedBottom, Math.fround(Q[fixedBottom.length])];
  }
}

for (const [name, row] of Object.entries(rows)) {
  if (process.argv[2] !== undefined && process.argv[2] !== name) continue;
  const { worst, P, Q } = roundedMinimax(row);
  console.log(`${name}: worst weighted error ${worst.toExponential(2)} = 2^${Math.log2(worst).toFixed(1)}`);
  const digits = row.float32 ? 9 : 17;
  console.log(`  top [${P.map((c) => Number(c.toPrecision(digits))).join(', ')}]`);
  if (Q.length > 1) console.log(`  bottom [${Q.map((c) => Number(c.toPrecision(digits))).join(', ')}]`);
}
