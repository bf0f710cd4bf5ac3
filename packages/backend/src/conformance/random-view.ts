import {
  contiguousView,
  padView,
  permuteView,
  type Shape,
  sliceView,
  type View,
  viewRange,
  windowView,
} from '../view.ts';
import type { Choices } from './choices.ts';

/** Elements in every buffer of a random kernel. */
export const BUFFER_LENGTH = 2500;

/** Whether everything that a view without bounds touches lies in a buffer. */
function fits(view: View): boolean {
  const range = viewRange(view);
  return !range || (range[0] >= 0 && range[1] < BUFFER_LENGTH);
}

/** A view that leads different indices to different elements. */
export function injectiveView(extents: Shape, choices: Choices): View {
  switch (choices.int(0, 3)) {
    case 1: {
      const order = choices.shuffle(extents.map((_, axis) => axis));
      const stored = contiguousView(
        order.map((axis) => extents[axis] as number),
        choices.int(0, 9),
      );
      return permuteView(
        stored,
        extents.map((_, axis) => order.indexOf(axis)),
      );
    }
    case 2: {
      const gaps = extents.map(() => choices.int(0, 2));
      const roomy = contiguousView(
        extents.map((size, axis) => size + (gaps[axis] as number)),
        choices.int(0, 9),
      );
      return { ...roomy, shape: extents };
    }
    case 3: {
      let view = contiguousView(extents);
      extents.forEach((size, axis) => {
        if (size > 0 && choices.int(0, 1)) view = sliceView(view, axis, size - 1, size, -1);
      });
      return view;
    }
    default:
      return contiguousView(extents, choices.int(0, 9));
  }
}

/** A view of a buffer of {@link BUFFER_LENGTH}: injective where there is room, else one element repeated. */
function storedView(extents: Shape, choices: Choices): View {
  const view = injectiveView(extents, choices);
  return fits(view) ? view : { shape: extents, strides: extents.map(() => 0), offset: choices.int(0, 9) };
}

/** Any view with the given extents: permuted, turned, repeated, padded or windowed. */
export function randomView(extents: Shape, choices: Choices): View {
  switch (choices.int(0, 5)) {
    case 1: {
      const moves = extents.map(() => choices.int(0, 1) === 1);
      const own = storedView(
        extents.map((size, axis) => (moves[axis] ? size : 1)),
        choices,
      );
      return { ...own, shape: extents, strides: own.strides.map((stride, axis) => (moves[axis] ? stride : 0)) };
    }
    case 2:
      return padded(extents, choices);
    case 3:
      return windowed(extents, choices);
    case 4: {
      const step = choices.int(2, 3);
      const view = storedView(extents, choices);
      const wide = { ...view, strides: view.strides.map((stride) => stride * step), offset: view.offset * step };
      return fits(wide) ? wide : view;
    }
    default:
      return storedView(extents, choices);
  }
}

function padded(extents: Shape, choices: Choices): View {
  const before = extents.map((size) => choices.int(0, Math.min(2, size)));
  const after = extents.map((size, axis) => choices.int(0, Math.min(2, size - (before[axis] as number))));
  const inner = extents.map((size, axis) => size - (before[axis] as number) - (after[axis] as number));
  return padView(storedView(inner, choices), before, after);
}

/** Two axes that slide together over one axis of the memory. */
function windowed(extents: Shape, choices: Choices): View {
  if (extents.length < 2) return padded(extents, choices);
  const [position, inside] = choices.shuffle(extents.map((_, axis) => axis)) as [number, number];
  const [positions, kernel] = [extents[position] as number, extents[inside] as number];
  const [stride, dilation, padding] = [choices.int(1, 3), choices.int(1, 2), choices.int(0, 3)];
  const size = choices.int(1, Math.max(1, positions * stride + kernel * dilation - padding));
  const rest = extents.toSpliced(inside, 1);
  const axis = position > inside ? position - 1 : position;
  const base = storedView(rest.with(axis, size), choices);
  const view = windowView(base, [{ axis, kernel, stride, dilation, padding, positions }]);
  const order = rest.map((_, a) => a).toSpliced(inside, 0, rest.length);
  return permuteView(view, order);
}
