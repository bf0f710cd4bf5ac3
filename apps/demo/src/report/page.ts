import type { MNIST } from '@flambeau/data';
import type { Flags } from '../flags.ts';
import { classResults, type Evaluation, type History, percent } from '../result.ts';
import { accuracyChart, confusionChart, lossChart } from './charts.ts';
import { greyPicture } from './png.ts';
import { style } from './style.ts';

/** Everything that the report tells. */
export interface Run {
  readonly flags: Flags;
  /** The network as it prints. */
  readonly network: string;
  readonly parameters: number;
  readonly history: History;
  readonly evaluation: Evaluation;
  readonly test: MNIST;
  /** Time for training (seconds). */
  readonly seconds: number;
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character]!);
}

function fact(value: string, label: string): string {
  return `<li><b>${escapeHtml(value)}</b><span>${escapeHtml(label)}</span></li>`;
}

const key =
  '<p class="key"><span><i style="background: var(--train)"></i>training</span>' +
  '<span><i style="background: var(--test)"></i>test</span></p>';

function classTable(evaluation: Evaluation): string {
  const results = classResults(evaluation.confusion);
  const rows = results.map(({ digit, total, right, rival }) => {
    const share = total === 0 ? 0 : right / total;
    // Bars from 80 %: all are near 100 %, and their differences are what matters.
    const width = Math.max(0, (share - 0.8) / 0.2) * 100;
    return (
      `<tr><td>${digit}</td><td>${right} of ${total}</td><td>${percent(share)}</td>` +
      `<td>${rival ? `${rival.digit} (${rival.times}×)` : '–'}</td>` +
      `<td><span class="bar"><i style="width: ${width.toFixed(1)}%"></i></span></td></tr>`
    );
  });
  return (
    '<table><thead><tr><th>digit</th><th>recognised</th><th>accuracy</th><th>mostly taken for</th><th>80 % to 100 %</th></tr></thead>' +
    `<tbody>${rows.join('')}</tbody></table>`
  );
}

function mistakeList({ mistakes }: Evaluation, test: MNIST): string {
  const [height, width] = test.imageSize;
  const items = [...mistakes]
    .sort((a, b) => b.confidence - a.confidence)
    .map(({ index, truth, guess, confidence }) => {
      const title = `test digit ${index}: a ${truth}, taken for a ${guess} (${percent(confidence, 0)} sure)`;
      const picture = greyPicture(test.pixels(index), width, height);
      return (
        `<li class="digit" title="${title}"><img src="${picture}" alt="${title}" width="${width}" height="${height}">` +
        `<span>${truth} → <b>${guess}</b></span></li>`
      );
    });
  return `<ul class="digits">${items.join('')}</ul>`;
}

/** The report as one file: no script, nothing to load. */
export function reportPage(run: Run): string {
  const { flags, evaluation, history } = run;
  const wrong = evaluation.mistakes.length;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Flambeau on MNIST: ${percent(evaluation.accuracy)}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1>${percent(evaluation.accuracy)} of ${run.test.length.toLocaleString('en-US')} test digits recognised</h1>
<p class="soft">A network (${flags.model}) trained on MNIST with Flambeau, on device ‘${escapeHtml(flags.device)}’, seed ${flags.seed}.</p>
<ul class="facts">
${fact(percent(evaluation.accuracy), 'test accuracy')}
${fact(evaluation.loss.toFixed(4), 'test loss')}
${fact(String(wrong), 'mistakes')}
${fact(run.parameters.toLocaleString('en-US'), 'parameters')}
${fact(String(flags.epochs), flags.epochs === 1 ? 'epoch' : 'epochs')}
${fact(`${run.seconds.toFixed(1)} s`, 'training time')}
</ul>
</header>
<main class="cards">
<section class="card"><h2>Loss</h2>${key}${lossChart(history)}</section>
<section class="card"><h2>Accuracy</h2>${key}${accuracyChart(history)}</section>
<section class="card"><h2>Confusion matrix</h2>${confusionChart(evaluation)}</section>
<div class="stack">
<section class="card"><h2>Digit by digit</h2>${classTable(evaluation)}</section>
<section class="card"><h2>The network</h2><pre>${escapeHtml(run.network)}</pre></section>
</div>
<section class="card wide"><h2>What it got wrong</h2>
<p class="soft">All ${wrong} mistakes, the most confident first: what the digit is → <b style="color: var(--bad)">what it was taken for</b>.</p>
${mistakeList(evaluation, run.test)}</section>
</main>
</body>
</html>
`;
}
