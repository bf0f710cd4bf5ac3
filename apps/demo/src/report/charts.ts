import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import type { Evaluation, History } from '../result.ts';

/** Colours are the page's, so that charts follow its light and dark scheme. */
const trainColor = 'var(--train)';
const testColor = 'var(--test)';

function draw(title: string, options: Plot.PlotOptions): string {
  const { document } = parseHTML('<html><body></body></html>');
  const chart = Plot.plot({
    document: document as unknown as Document,
    style: { background: 'transparent', fontSize: '12px' },
    ...options,
  });
  chart.setAttribute('role', 'img');
  chart.setAttribute('aria-label', title);
  return chart.outerHTML;
}

/** The mean of each point and its neighbours; at the start, where the curve is steep, of as many on both sides. */
function smoothed(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const reach = Math.min(5, i);
    const around = values.slice(i - reach, i + reach + 1);
    return around.reduce((sum, value) => sum + value, 0) / around.length;
  });
}

type Curve = 'loss' | 'accuracy';

function curves({ train, test }: History, key: Curve, title: string, y: Plot.ScaleOptions): string {
  const scale = key === 'accuracy' ? 100 : 1;
  const unit = key === 'accuracy' ? ' %' : '';
  const line = smoothed(train.map((point) => scale * point[key]));
  const raw = train.map((point, i) => ({ x: point.epoch, y: scale * point[key], line: line[i]! }));
  const tested = test.map((point) => ({ x: point.epoch, y: scale * point[key] }));
  return draw(title, {
    width: 560,
    height: 300,
    marginLeft: 44,
    marginRight: 20,
    marginBottom: 44,
    x: { label: 'epoch', labelOffset: 40, domain: [0, train.at(-1)?.epoch ?? 1], ticks: 6 },
    y,
    marks: [
      Plot.gridY({ ticks: y.ticks, stroke: 'currentColor', strokeOpacity: 0.12 }),
      Plot.line(raw, { x: 'x', y: 'y', stroke: trainColor, strokeOpacity: 0.25, strokeWidth: 1, clip: true }),
      Plot.line(raw, { x: 'x', y: 'line', stroke: trainColor, strokeWidth: 2, clip: true }),
      Plot.line(tested, { x: 'x', y: 'y', stroke: testColor, strokeWidth: 2, clip: true }),
      Plot.dot(tested, {
        x: 'x',
        y: 'y',
        r: 4,
        fill: testColor,
        title: ({ x, y: value }: { x: number; y: number }) =>
          `after ${x.toFixed(1)} epochs: ${value.toFixed(key === 'loss' ? 4 : 2)}${unit}`,
      }),
    ],
  });
}

/** Labels of a logarithmic axis. */
const lossTicks = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

/** Training and test loss against the epoch; logarithmic, since the first batches lose a hundred times what the last ones do. */
export function lossChart(history: History): string {
  const losses = [...history.train, ...history.test].map((point) => point.loss);
  const lowest = lossTicks.findLast((tick) => tick <= Math.min(...losses)) ?? lossTicks[0]!;
  const highest = lossTicks.find((tick) => tick >= Math.max(...losses)) ?? lossTicks.at(-1)!;
  const ticks = lossTicks.filter((tick) => tick >= lowest && tick <= highest);
  const y: Plot.ScaleOptions = { label: 'loss', type: 'log', domain: [lowest, highest], ticks, tickFormat: '~g' };
  return curves(history, 'loss', 'Loss against the epoch', y);
}

/** Training and test accuracy against the epoch. */
export function accuracyChart(history: History): string {
  const lowest = Math.min(...history.test.map((point) => 100 * point.accuracy), 96);
  // The first batches start at 10 %; what is worth seeing happens at the top.
  const floor = Math.max(0, Math.floor((lowest - 4) / 5) * 5);
  return curves(history, 'accuracy', 'Accuracy against the epoch', {
    label: 'accuracy (%)',
    domain: [floor, 100],
    clamp: false,
  });
}

interface Cell {
  readonly truth: number;
  readonly guess: number;
  readonly times: number;
  readonly strength: number;
}

/** How often each digit was taken for each other one. */
export function confusionChart({ confusion }: Evaluation): string {
  const worst = Math.max(1, ...confusion.flatMap((row, truth) => row.filter((_, guess) => guess !== truth)));
  const cells: Cell[] = confusion.flatMap((row, truth) => {
    const total = Math.max(
      1,
      row.reduce((sum, times) => sum + times, 0),
    );
    return row.map((times, guess) => ({
      truth,
      guess,
      times,
      strength:
        truth === guess ? 0.15 + 0.6 * (times / total) ** 2 : times === 0 ? 0 : 0.12 + 0.78 * Math.sqrt(times / worst),
    }));
  });
  const title = ({ truth, guess, times }: Cell): string =>
    truth === guess ? `${truth}: ${times} recognised` : `${truth} taken for ${guess}: ${times} times`;
  const digits = confusion.map((_, digit) => digit);
  return draw('Confusion matrix', {
    width: 560,
    height: 520,
    marginLeft: 44,
    marginTop: 44,
    marginBottom: 8,
    padding: 0.06,
    x: { label: 'taken for', domain: digits, axis: 'top', tickSize: 0 },
    y: { label: 'digit', domain: digits, tickSize: 0 },
    marks: [
      Plot.cell(cells, { x: 'guess', y: 'truth', fill: 'currentColor', fillOpacity: 0.045, rx: 4 }),
      ...[true, false].map((right) =>
        Plot.cell(
          cells.filter((cell) => (cell.truth === cell.guess) === right),
          {
            x: 'guess',
            y: 'truth',
            fill: right ? 'var(--good)' : 'var(--bad)',
            fillOpacity: { value: 'strength', scale: null },
            rx: 4,
            title,
          },
        ),
      ),
      Plot.text(
        cells.filter((cell) => cell.times > 0),
        {
          x: 'guess',
          y: 'truth',
          text: (cell: Cell) => String(cell.times),
          pointerEvents: 'none',
          fontVariant: 'tabular-nums',
        },
      ),
    ],
  });
}
