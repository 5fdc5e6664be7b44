/** Shares as people write them: percent, or a fraction where percent would not be exact. Whole numbers all along, never floats. */
import type { Ratio } from './api/types'

const DIGITS_MAX = 9

/** "57.5", "57,5 %" or "1/3"; null for anything else, and for more than everything. */
export function readRatio(text: string): Ratio | null {
  const fraction = /^\s*(\d{1,9})\s*\/\s*(\d{1,9})\s*$/.exec(text)
  if (fraction) return within(Number(fraction[1]), Number(fraction[2]))
  const percent = /^\s*(\d{1,3})(?:[.,](\d{1,6}))?\s*%?\s*$/.exec(text)
  if (!percent) return null
  const places = percent[2] ?? ''
  return within(Number(`${percent[1]}${places}`), Number(`100${'0'.repeat(places.length)}`))
}

function within(share: number, whole: number): Ratio | null {
  return whole > 0 && share <= whole ? { share, whole } : null
}

/** The other way round. */
export function writeRatio({ share, whole }: Ratio): string {
  for (let places = 0; places <= 6; places += 1) {
    const parts = share * 10 ** (places + 2)
    if (!Number.isSafeInteger(parts)) break
    if (parts % whole !== 0) continue
    const digits = String(parts / whole).padStart(places + 1, '0')
    if (digits.length > DIGITS_MAX) break
    const point = digits.length - places
    return `${digits.slice(0, point)}${places > 0 ? `.${digits.slice(point)}` : ''} %`
  }
  return `${share}/${whole}`
}
