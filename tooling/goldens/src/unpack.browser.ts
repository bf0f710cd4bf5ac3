/**
 * The bytes of a file of the data folder, e.g. `ops/unary.json`, from the server of the tests.
 *
 * Tests are declared while their file loads, from what the data holds; hence a request that is waited for.
 */
export function unpack(path: string): Uint8Array {
  const request = new XMLHttpRequest();
  request.open('GET', `/goldens/${path}`, false);
  // A waited-for request gives text only; this encoding keeps each byte in one character.
  request.overrideMimeType('text/plain; charset=x-user-defined');
  request.send();
  if (request.status !== 200) throw new Error(`the server of the tests has no goldens ${path} (${request.status})`);
  return Uint8Array.from(request.responseText, (character) => character.charCodeAt(0));
}
