/**
 * @typedef {object} Snippet One block of TypeScript in a Markdown file.
 * @property {number} line Where the block's first line of code is.
 * @property {string} code
 * @property {boolean} runs False for a block that is marked `no-run`: its types are checked, no more.
 * @property {string[]} expected What it says it prints: the text of its `// =>` comments, line by line.
 */

/**
 * The blocks of TypeScript in a Markdown text.
 *
 * @param {string} markdown
 * @returns {Snippet[]}
 */
export function snippetsOf(markdown) {
  return [...markdown.matchAll(/^```ts([^\n]*)\n([\s\S]*?)^```$/gm)].map((found) => ({
    line: markdown.slice(0, found.index).split('\n').length + 1,
    code: found[2],
    runs: !found[1].includes('no-run'),
    expected: [...found[2].matchAll(/\/\/ => (.*)$/gm)].map((comment) => comment[1].trim()),
  }));
}
