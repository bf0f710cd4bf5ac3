/** The report's style sheet. Light and dark follow the reader's system. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f6f5f2; --card: #ffffff; --ink: #1d2128; --soft: #646b76; --edge: #e3e1db;
  --train: #c2540a; --test: #1766b3; --good: #2e8b57; --bad: #d1392b;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14161a; --card: #1d2026; --ink: #e8e6e1; --soft: #9aa1ac; --edge: #30343c;
    --train: #ff9a4d; --test: #6db5ff; --good: #4cc38a; --bad: #ff6b5e;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 78rem; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, 'Segoe UI', sans-serif;
}
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .35rem; letter-spacing: -.02em; }
h2 { font-size: 1.05rem; margin: 0 0 .75rem; }
p { margin: 0 0 .75rem; }
.soft { color: var(--soft); }
.cards { display: grid; gap: 1.1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); }
.card { background: var(--card); border: 1px solid var(--edge); border-radius: 12px; padding: 1.1rem 1.25rem; min-width: 0; }
.stack { display: flex; flex-direction: column; gap: 1.1rem; min-width: 0; }
.stack > :last-child { flex: 1; }
.wide { grid-column: 1 / -1; }
.facts { display: flex; flex-wrap: wrap; gap: .6rem 2.4rem; margin: 1.4rem 0 1.6rem; padding: 0; list-style: none; }
.facts b { display: block; font-size: 1.5rem; line-height: 1.25; font-variant-numeric: tabular-nums; letter-spacing: -.01em; }
.facts span { color: var(--soft); font-size: .86rem; }
.key { display: flex; gap: 1.2rem; margin: -.4rem 0 .5rem; font-size: .86rem; color: var(--soft); }
.key i { display: inline-block; width: 1.1rem; height: 3px; border-radius: 2px; margin-right: .45rem; vertical-align: middle; }
svg { display: block; width: 100%; height: auto; overflow: visible; }
pre { margin: 0; white-space: pre-wrap; font: 12.5px/1.5 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 500; color: var(--soft); font-size: .86rem; padding: .1rem .5rem .35rem; }
td { text-align: right; padding: .28rem .5rem; border-top: 1px solid var(--edge); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
th:last-child, td:last-child { text-align: left; width: 34%; padding-right: 0; }
.bar { display: block; height: 8px; border-radius: 4px; background: color-mix(in srgb, var(--ink) 8%, transparent); overflow: hidden; }
.bar i { display: block; height: 100%; border-radius: 4px; background: var(--good); }
.digits { display: grid; gap: .55rem; grid-template-columns: repeat(auto-fill, minmax(4.4rem, 1fr)); margin: 0; padding: 0; list-style: none; }
.digit { border: 1px solid var(--edge); border-radius: 8px; padding: .35rem .35rem .3rem; text-align: center; overflow: hidden; }
.digit img { display: block; width: 100%; height: auto; aspect-ratio: 1; image-rendering: pixelated; filter: invert(1); mix-blend-mode: multiply; }
.digit span { font-size: .86rem; font-variant-numeric: tabular-nums; white-space: nowrap; }
.digit b { color: var(--bad); }
footer { margin-top: 1.6rem; font-size: .86rem; }
@media (prefers-color-scheme: dark) { .digit img { filter: none; mix-blend-mode: screen; } }
@media (max-width: 36rem) { th:last-child, td:last-child { display: none; } }
@media print { body { padding: 0; max-width: none; } .card { break-inside: avoid; } }
`;
