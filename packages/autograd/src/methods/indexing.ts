import { ArrangingMethods } from './arranging.ts';

/** Methods that pick and place elements; each is the free function of its name. */
export abstract class IndexingMethods extends ArrangingMethods {}
