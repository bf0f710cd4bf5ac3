import { expect, test } from 'vitest';
import { snippetsOf } from './snippets.mjs';

test('a snippet is a ts block, with its line and what it says it prints', () => {
  const markdown = ['# Title', '```sh', 'npm i', '```', '```ts', 'const a = 1;', 'log(a); // => 1', '```'].join('\n');
  expect(snippetsOf(markdown)).toEqual([
    { line: 6, code: 'const a = 1;\nlog(a); // => 1\n', runs: true, expected: ['1'] },
  ]);
});

test('a no-run block is not run', () => {
  expect(snippetsOf('```ts no-run\nfetch();\n```\n')).toMatchObject([{ line: 2, runs: false }]);
});

test('a block without imports continues the program before it', () => {
  const markdown = `\`\`\`ts\nimport 'a';\n\`\`\`\nthen\n\`\`\`ts\nrun(); // => 1\n\`\`\`\n\`\`\`ts\nimport 'b';\n\`\`\``;
  expect(snippetsOf(markdown)).toMatchObject([
    { line: 2, code: "import 'a';\nrun(); // => 1\n", expected: ['1'] },
    { line: 9, code: "import 'b';\n", expected: [] },
  ]);
});
