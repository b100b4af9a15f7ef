/* From the text in the page to typed arrays. */
async function unpack(contents, text) {
  const bytes = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  const data = await new Response(stream).arrayBuffer();
  const kinds = { uint8: Uint8Array, int8: Int8Array, uint16: Uint16Array, float32: Float32Array };
  const found = {};
  for (const { name, type, shape, at, differs } of contents) {
    const n = shape.reduce((a, b) => a * b, 1);
    const array = new kinds[type](data, at, n);
    if (differs) {
      const row = n / shape[0];
      for (let i = row; i < n; i++) array[i] += array[i - row]; // modulo 256, as it was taken
    }
    array.shape = shape;
    found[name] = array;
  }
  return found;
}
