import { expect, test } from 'vitest';
import { findMentions } from './machine-words.mjs';

test.each([
  ['/work', '/main/packages'],
  ['file:///home', '/someone/x'],
  ['cd /root', '/flambeau'],
  ['https://registry', '.npmjs.org/flambeau'],
])('%s%s is a mention', (...parts) => {
  expect(findMentions(`first\n${parts.join('')}`)).toMatchObject([{ line: 2 }]);
});

test.each(['./work', '$root/', 'docs/home/page', 'npmjs.com/package/flambeau', '/usr/bin/python3', 'a framework/main'])(
  '%s is not a mention',
  (text) => {
    expect(findMentions(text)).toEqual([]);
  },
);
