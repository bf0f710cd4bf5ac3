import { command } from '../../tooling/presets/tsup.ts';

export default command();
