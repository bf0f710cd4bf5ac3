import { Presets, SingleBar } from 'cli-progress';

/** Shows how far a piece of work is. */
export interface Progress {
  /** `done` of the total items are finished; `loss` is the running loss. */
  update(done: number, loss: number): void;
  /** The work is finished. */
  stop(): void;
}

/** Plain lines come at every tenth of the work, but no further apart than this (milliseconds). */
const longestSilence = 5000;

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

function facts(
  done: number,
  total: number,
  started: number,
  loss: number,
): { rate: string; left: string; loss: string } {
  const seconds = (performance.now() - started) / 1000;
  const rate = done / Math.max(seconds, 1e-6);
  return {
    rate: `${count(rate)} digits/s`,
    left: `${duration((total - done) / rate)} left`,
    loss: `loss ${loss.toFixed(4)}`,
  };
}

function bar(label: string, total: number): Progress {
  const started = performance.now();
  const bar = new SingleBar(
    { format: `${label} {bar} {percentage} % · {rate} · {left} · {loss}`, hideCursor: true, barsize: 24, fps: 8 },
    Presets.shades_classic,
  );
  bar.start(total, 0, { rate: '', left: '', loss: '' });
  return {
    update: (done, loss) => bar.update(done, facts(done, total, started, loss)),
    stop: () => bar.stop(),
  };
}

function lines(label: string, total: number, write: (line: string) => void): Progress {
  const started = performance.now();
  let tenths = 0;
  let last = started;
  return {
    update(done, loss) {
      const now = performance.now();
      const reached = Math.floor((10 * done) / total);
      if (reached === tenths && now - last < longestSilence) return;
      tenths = reached;
      last = now;
      const { rate, left, loss: text } = facts(done, total, started, loss);
      write(`${label}  ${String(Math.floor((100 * done) / total)).padStart(3)} %  ${rate}  ${left}  ${text}`);
    },
    stop() {},
  };
}

/** A bar on a terminal, plain lines elsewhere. */
export function showProgress(label: string, total: number): Progress {
  return process.stderr.isTTY ? bar(label, total) : lines(label, total, (line) => console.log(line));
}
