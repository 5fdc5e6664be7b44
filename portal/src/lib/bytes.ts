/** Bytes and their one text: 0x and lower-case hexadecimal digits. */
export function toHex(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0')
  return text
}

export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  if (!/^0x([0-9a-f]{2})*$/.test(text)) throw new Error('expected 0x and lower-case hexadecimal digits')
  const bytes = new Uint8Array((text.length - 2) / 2)
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = parseInt(text.slice(2 + 2 * index, 4 + 2 * index), 16)
  return bytes
}

/** 32 random bytes. */
export function randomWord(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(32)))
}

/** An id (UUID) as a word of a record: sixteen zero bytes, then its sixteen bytes. */
export function idWord(uuid: string): string {
  return `0x${'0'.repeat(32)}${uuid.replaceAll('-', '')}`
}
