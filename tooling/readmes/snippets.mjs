/**
 * @typedef {object} Snippet A program in a Markdown file.
 * @property {number} line Where the block's first line of code is.
 * @property {string} code
 * @property {boolean} runs False when a block of it is marked `no-run`: its types are checked, no more.
 * @property {string[]} expected What it says it prints: the text of its `// =>` comments, line by line.
 */

/**
 * The programs in a Markdown text: its blocks of TypeScript, where a block without imports continues the one before.
 *
 * @param {string} markdown
 * @returns {Snippet[]}
 */
export function snippetsOf(markdown) {
  const blocks = [...markdown.matchAll(/^```ts([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    line: markdown.slice(0, found.index).split('\n').length + 1,
    code: found[2],
    runs: !found[1].includes('no-run'),
    expected: [...found[2].matchAll(/\/\/ => (.*)$/gm)].map((comment) => comment[1].trimEnd()),
  }));
  /** @type {Snippet[]} */
  const programs = [];
  for (const block of blocks) {
    const before = programs.at(-1);
    if (!before || /^import /m.test(block.code)) programs.push(block);
    else {
      before.code += block.code;
      before.runs &&= block.runs;
      before.expected.push(...block.expected);
    }
  }
  return programs;
}
