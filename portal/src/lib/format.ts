/** Dates, times and spans as the reader's language writes them. */
import { count, locale, t } from './text/index.svelte'

/** Making a format takes far longer than using it, and a list has hundreds of dates. */
const formats = new Map<string, Intl.DateTimeFormat>()

function written(instant: string, timeStyle: 'short' | undefined): string {
  const key = `${locale()} ${timeStyle}`
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle })
  formats.set(key, format)
  return format.format(new Date(instant))
}

export const dateTime = (instant: string): string => written(instant, 'short')
export const date = (instant: string): string => written(instant, undefined)

const STEPS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const

/** From now to an instant, in its largest whole unit: "in 3 days", "5 minutes ago". */
export function relative(instant: string, now: number): string {
  const seconds = (new Date(instant).getTime() - now) / 1000
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: 'auto' })
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit)
  }
  return format.format(Math.trunc(seconds), 'second')
}

/** A span of the bylaws: whole days, hours, minutes or seconds, exact, so that nothing is rounded away. */
export function span(seconds: number): string {
  const parts: string[] = []
  let rest = seconds
  for (const [unit, length] of STEPS) {
    const amount = Math.floor(rest / length)
    rest -= amount * length
    if (amount > 0) parts.push(count(`span.${unit}`, amount))
  }
  if (rest > 0 || parts.length === 0) parts.push(count('span.second', rest))
  return parts.join(t('span.join'))
}

/** A long hexadecimal text with its middle left out; the whole is in the title. */
export function short(hex: string): string {
  return hex.length > 22 ? `${hex.slice(0, 10)}…${hex.slice(-8)}` : hex
}

/** The value of a `datetime-local` input, in the reader's time zone, whole minutes. */
export function toLocalInput(time: number): string {
  const moment = new Date(time)
  const pad = (value: number) => String(value).padStart(2, '0')
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}T${pad(moment.getHours())}:${pad(moment.getMinutes())}`
}

/** The day of an instant where the reader is, as a date input holds it. */
export const localDay = (instant: string): string => toLocalInput(new Date(instant).getTime()).slice(0, 10)

/** An instant as the server writes it: RFC 3339, UTC, whole seconds. */
export function toInstant(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`
}
