// Spelled in pieces, so that this file does not find itself.
const folders = [
  ['/work', '/(main|shared|notes|\\.)'],
  ['/root', '/'],
  ['/home', '/\\w'],
  ['/Users', '/\\w'],
  ['C:\\\\', 'Users'],
];
const hosts = [
  ['registry', '\\.(npmjs|yarnpkg|npmmirror)\\.'],
  ['pypi', '\\.org'],
  ['deb', '\\.debian\\.org'],
  ['npm', '\\.pkg\\.github\\.com'],
];
const patterns = [
  ...folders.map((parts) => new RegExp(`(?<![\\w.~$}])${parts.join('')}`)),
  ...hosts.map((parts) => new RegExp(`\\b${parts.join('')}`)),
];

/**
 * The machine paths and registry hosts that a text names.
 *
 * @param {string} text
 */
export function findMentions(text) {
  return text.split('\n').flatMap((content, index) =>
    patterns.flatMap((pattern) => {
      const found = pattern.exec(content);
      return found ? [{ line: index + 1, text: found[0] }] : [];
    }),
  );
}
