/** The method that `console.log` calls in Node, Deno and Bun. */
export const inspectSymbol: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;
