// The words of a PDF as Chromium writes it: objects one after another, packed by zlib, fonts whose glyphs are named by a table (ToUnicode). It is
// no reader of any other PDF.
import { inflateSync } from 'node:zlib'

const HEX = /<([0-9A-Fa-f]+)>/g
const unicode = (hex) => String.fromCharCode(...hex.match(/.{4}/g).map((unit) => parseInt(unit, 16)))

/** Number of an object → what stands in it, unpacked where it is a stream. */
function objectsOf(pdf) {
  const raw = pdf.toString('latin1')
  const objects = new Map()
  for (const [, number, body] of raw.matchAll(/^(\d+) 0 obj\s([\s\S]*?)\sendobj/gm)) {
    const [head, packed] = body.split(/stream\r?\n/, 2)
    const isPacked = packed !== undefined && head.includes('/FlateDecode')
    objects.set(number, { head, stream: packed === undefined ? '' : isPacked ? inflateSync(Buffer.from(packed, 'latin1'), { finishFlush: 2 }).toString('latin1') : packed })
  }
  return objects
}

/** Glyph → letters, as the font's table says; a glyph is written in as many digits there as where it is shown. */
function lettersOf(table) {
  const letters = new Map()
  const each = (kind, size, take) => {
    for (const [, lines] of table.matchAll(new RegExp(`begin${kind}([\\s\\S]*?)end${kind}`, 'g'))) {
      const all = [...lines.matchAll(HEX)].map(([, hex]) => hex)
      for (let place = 0; place < all.length; place += size) take(...all.slice(place, place + size))
    }
  }
  let digits = 4
  each('codespacerange', 2, (first) => (digits = first.length))
  each('bfchar', 2, (glyph, means) => letters.set(parseInt(glyph, 16), unicode(means)))
  each('bfrange', 3, (first, last, begins) => {
    for (let glyph = parseInt(first, 16); glyph <= parseInt(last, 16); glyph += 1) letters.set(glyph, String.fromCharCode(parseInt(begins, 16) + glyph - parseInt(first, 16)))
  })
  const cut = new RegExp(`.{${digits}}`, 'g')
  return (hex) => hex.match(cut).map((glyph) => letters.get(parseInt(glyph, 16)) ?? '?').join('')
}

/** The words, page after page, a blank between those that do not stand on one line. */
export function wordsOf(pdf) {
  const objects = objectsOf(pdf)
  const fonts = new Map()
  for (const { head } of objects.values()) {
    for (const [, name, number] of head.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      const table = /\/ToUnicode (\d+) 0 R/.exec(objects.get(number)?.head ?? '')?.[1]
      if (table) fonts.set(name, lettersOf(objects.get(table).stream))
    }
  }
  let [words, font, line] = ['', () => '?', '']
  for (const { stream } of objects.values()) {
    if (!/\bBT\b/.test(stream)) continue
    for (const [, chosen, place, shown] of stream.matchAll(/\/(F\d+) [\d.]+ Tf|(\S+ \S+) Tm|((?:<[0-9A-Fa-f]+>|\[[^\]]*\])\s*T[jJ])/g)) {
      if (chosen) font = fonts.get(chosen) ?? (() => '?')
      else if (shown) for (const [, hex] of shown.matchAll(HEX)) words += font(hex)
      else if (place !== line) [words, line] = [`${words} `, place]
    }
  }
  return words
}
