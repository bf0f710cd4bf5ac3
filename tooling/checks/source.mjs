import { parseSync } from 'oxc-parser';

/**
 * @typedef {object} Import
 * @property {string} specifier
 * @property {'runtime' | 'type' | 'lazy'} kind `lazy` is a dynamic import: at run time, but not while loading.
 * @property {number} line
 *
 * @typedef {{ name: string, line: number }} GlobalUse
 * @typedef {{ imports: Import[], globals: GlobalUse[], errors: string[] }} Source
 * @typedef {{ type: string, start: number, [key: string]: any }} Node
 */

const globalObjects = new Set(['globalThis', 'self', 'window', 'global']);

/** Child slots whose identifier is a name inside something else, not a reference. */
const nameSlots = new Set([
  'MemberExpression.property',
  'Property.key',
  'MethodDefinition.key',
  'PropertyDefinition.key',
  'AccessorProperty.key',
  'TSPropertySignature.key',
  'TSMethodSignature.key',
  'TSAbstractMethodDefinition.key',
  'TSAbstractPropertyDefinition.key',
  'ImportSpecifier.imported',
  'ExportSpecifier.local',
  'ExportSpecifier.exported',
  'ExportAllDeclaration.exported',
  'TSQualifiedName.right',
  'TSNamedTupleMember.label',
  'LabeledStatement.label',
  'BreakStatement.label',
  'ContinueStatement.label',
  'MetaProperty.meta',
  'MetaProperty.property',
]);

/** Child slots that declare names for the file. */
const bindingSlots = new Set([
  'VariableDeclarator.id',
  'FunctionDeclaration.id',
  'FunctionDeclaration.params',
  'FunctionExpression.id',
  'FunctionExpression.params',
  'ArrowFunctionExpression.params',
  'TSFunctionType.params',
  'TSMethodSignature.params',
  'TSCallSignatureDeclaration.params',
  'TSConstructSignatureDeclaration.params',
  'TSDeclareFunction.params',
  'TSEmptyBodyFunctionExpression.params',
  'ClassDeclaration.id',
  'CatchClause.param',
  'ImportSpecifier.local',
  'ImportDefaultSpecifier.local',
  'ImportNamespaceSpecifier.local',
  'TSTypeAliasDeclaration.id',
  'TSInterfaceDeclaration.id',
  'TSTypeParameter.name',
]);

/** @param {Node} node */
function unwrapped(node) {
  let inner = node;
  while (/^(ParenthesizedExpression|TSAsExpression|TSNonNullExpression|TSSatisfiesExpression)$/.test(inner.type)) {
    inner = inner.expression;
  }
  return inner;
}

/** @param {Node} node */
function isGlobalObject(node) {
  const inner = unwrapped(node);
  return inner.type === 'Identifier' && globalObjects.has(inner.name);
}

/**
 * The names that a binding pattern declares.
 *
 * @param {Node | null} pattern
 * @returns {string[]}
 */
function boundNames(pattern) {
  switch (pattern?.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((/** @type {Node} */ entry) => boundNames(entry.value ?? entry.argument));
    case 'ArrayPattern':
      return pattern.elements.flatMap(boundNames);
    case 'AssignmentPattern':
      return boundNames(pattern.left);
    case 'RestElement':
      return boundNames(pattern.argument);
    default:
      return [];
  }
}

/**
 * Reads a file's imports and the names that it takes from the global scope.
 *
 * @param {string} path
 * @param {string} text
 * @returns {Source}
 */
export function readSource(path, text) {
  const { program, errors } = parseSync(path, text);
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const lineOf = (/** @type {number} */ offset) => starts.findLastIndex((start) => start <= offset) + 1;

  /** @type {Import[]} */
  const imports = [];
  /** @type {GlobalUse[]} */
  const references = [];
  const bound = new Set();
  const take = (/** @type {Node} */ node, /** @type {Import['kind']} */ kind) => {
    const source = node.source.type === 'TSLiteralType' ? node.source.literal : node.source;
    if (typeof source.value === 'string') imports.push({ specifier: source.value, kind, line: lineOf(node.start) });
  };
  const refer = (/** @type {string} */ name, /** @type {Node} */ node) =>
    references.push({ name, line: lineOf(node.start) });

  /** @param {Node} node */
  function visit(node) {
    if (node.type === 'ImportDeclaration') take(node, node.importKind === 'type' ? 'type' : 'runtime');
    else if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') {
      if (node.source) take(node, node.exportKind === 'type' ? 'type' : 'runtime');
    } else if (node.type === 'ImportExpression') take(node, 'lazy');
    else if (node.type === 'TSImportType') take(node, 'type');
    else if (node.type === 'MemberExpression' && isGlobalObject(node.object)) {
      refer(node.computed ? String(node.property.value) : node.property.name, node);
    } else if (node.type === 'VariableDeclarator' && node.init && isGlobalObject(node.init)) {
      for (const { key } of node.id.properties ?? []) if (key) refer(key.name ?? String(key.value), node);
    }
    for (const [slot, value] of Object.entries(node)) {
      const place = `${node.type}.${slot}`;
      for (const child of Array.isArray(value) ? value : [value]) {
        if (typeof child?.type !== 'string') continue;
        if (bindingSlots.has(place)) for (const name of boundNames(child)) bound.add(name);
        if (child.type === 'Identifier' && (node.computed || !nameSlots.has(place))) refer(child.name, child);
        visit(child);
      }
    }
  }
  visit(/** @type {any} */ (program));
  return {
    imports,
    globals: references.filter(({ name }) => !bound.has(name)),
    errors: errors.map((error) => error.message),
  };
}
