import { expect, it } from 'vitest';
import { pytorchEngine } from './pytorch.ts';

it('is absent where no interpreter has it', async () => {
  // The first does not exist, the second does not know PyTorch's way to be asked.
  expect(await pytorchEngine(1, ['no-such-python', process.execPath])).toBeNull();
});
