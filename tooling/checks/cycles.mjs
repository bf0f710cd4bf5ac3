/**
 * One shortest cycle through each group of nodes that reach each other.
 *
 * @param {ReadonlyMap<string, readonly string[]>} graph Edges by node.
 * @returns {string[][]} Each cycle as its nodes in order, the first one not repeated.
 */
export function findCycles(graph) {
  /** @type {string[][]} */
  const cycles = [];
  const covered = new Set();
  for (const start of graph.keys()) {
    if (covered.has(start)) continue;
    const cycle = shortestCycle(graph, start);
    if (!cycle) continue;
    cycles.push(cycle);
    for (const node of cycle) covered.add(node);
  }
  return cycles;
}

/**
 * @param {ReadonlyMap<string, readonly string[]>} graph
 * @param {string} start
 */
function shortestCycle(graph, start) {
  const previous = new Map();
  const queue = [start];
  for (const node of queue) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) {
        const cycle = [node];
        while (cycle[0] !== start) cycle.unshift(previous.get(cycle[0]));
        return cycle;
      }
      if (previous.has(next)) continue;
      previous.set(next, node);
      queue.push(next);
    }
  }
  return undefined;
}
