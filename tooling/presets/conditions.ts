/** The export condition under which workspace packages resolve to their TypeScript sources, with no build first. */
export const sourceCondition = 'flambeau-source';
