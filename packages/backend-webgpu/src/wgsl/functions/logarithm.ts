import { number, polynomial } from './text.ts';

/** 2 atanh(s) = 2s + s·w·P(w), w = s², for s ≤ 0.1716, to 8e-10. @source fitted by tooling/polynomials (row `log`). */
export const LOG: readonly number[] = [0.666667759, 0.399775803, 0.298709184];

/** A logarithm of any base from its two parts. */
function logarithmOf(name: string, base: number): string {
  const scale = 1 / Math.log(base);
  const natural = 'f_logOfFraction(parts.y)';
  const fraction = scale === 1 ? natural : `${natural} * ${number(scale)}`;
  const exponent = base === 2 ? 'parts.x' : `parts.x * ${number(Math.LN2 * scale)}`;
  return `fn f_${name}(x: f32) -> f32 {
  let parts = f_logParts(x);
  return f_logEnds(${exponent} + ${fraction}, x);
}`;
}

/** Logarithms. */
export const logarithmFunctions: Readonly<
  Record<'logParts' | 'logOfFraction' | 'logEnds' | 'log' | 'log2' | 'log10' | 'log1p', string>
> = {
  // k and f of a positive number 2^k·(1 + f), √½ ≤ 1 + f ≤ √2; a subnormal one is the integer of its bits times 2^-149.
  logParts: `fn f_logParts(x: f32) -> vec2<f32> {
  let isSmall = bitcast<u32>(x) < 0x00800000u;
  let bits = select(bitcast<u32>(x), bitcast<u32>(f32(bitcast<u32>(x))), isSmall);
  let offset = bits - 0x3f3504f3u;
  let exponent = (bitcast<i32>(offset) >> 23u) - select(0, 149, isSmall);
  return vec2<f32>(f32(exponent), bitcast<f32>((offset & 0x7fffffu) + 0x3f3504f3u) - 1.0f);
}`,
  // With s = f / (2 + f), log(1 + f) is 2 atanh(s) = f - s·(f - w·P(w)).
  logOfFraction: `fn f_logOfFraction(f: f32) -> f32 {
  let s = f / (f + 2.0f);
  let w = s * s;
  return f - s * (f - w * ${polynomial('w', LOG)});
}`,
  // Infinity and NaN stay, 0 gives -infinity, what is below 0 NaN.
  logEnds: `fn f_logEnds(result: f32, x: f32) -> f32 {
  let bits = bitcast<u32>(x);
  let positive = select(result, x, bits >= 0x7f800000u);
  return select(select(positive, f_nan(), bits > 0x80000000u), -f_infinity(), (bits << 1u) == 0u);
}`,
  log: logarithmOf('log', Math.E),
  log2: logarithmOf('log2', 2),
  log10: logarithmOf('log10', 10),
  // Near 0 the fraction is x itself, elsewhere the rounding of 1 + x does no harm.
  log1p: `fn f_log1p(x: f32) -> f32 {
  let sum = 1.0f + x;
  let parts = f_logParts(sum);
  let natural = f_logOfFraction(select(parts.y, x, parts.x == 0.0f));
  return f_withSign(f_logEnds(parts.x * ${number(Math.LN2)} + natural, sum), x);
}`,
};
