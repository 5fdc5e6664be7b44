/** The stages of a count by the single transferable vote, prepared for a picture. Exact texts stay texts; numbers only draw. */
import type { Count } from './api/types'

export interface StageRow {
  /** The candidate, counted from 1. */
  candidate: number
  total: string
  /** Widths in per cent of the picture: what was there before this stage, and what came to it. */
  before: number
  gained: number
  lost: boolean
  /** Elected or excluded in this stage, or in an earlier one. */
  fate: 'elected' | 'elected_before' | 'excluded' | 'excluded_before' | 'continuing'
}

export interface StagePicture {
  rows: StageRow[]
  /** Votes needed at this stage, and where they stand in per cent of the width; null where the method needs no fixed number. */
  quota: { votes: string; at: number } | null
  nontransferable: string
}

const amount = (text: string | undefined): number => (text === undefined ? 0 : Number(text))

export function pictureOf(count: Count, index: number): StagePicture {
  const stage = count.stages[index]
  if (stage === undefined) return { rows: [], quota: null, nontransferable: '0' }
  const quota = stage.quota ?? count.quota
  const highest = Math.max(amount(quota), ...count.stages.flatMap((each) => Object.values(each.totals).map(amount)))
  const scale = highest === 0 ? 0 : 100 / highest
  const before = count.stages.slice(0, index)
  const electedBefore = new Set(before.flatMap((each) => each.elected))
  const excludedBefore = new Set(before.flatMap((each) => each.excluded))
  const previous = before.at(-1)?.totals
  const candidates = Object.keys(count.stages[0]?.totals ?? {}).map(Number).sort((a, b) => a - b)
  const rows = candidates.map((candidate): StageRow => {
    const total = stage.totals[String(candidate)] ?? '0'
    const now = amount(total)
    const was = previous === undefined ? now : amount(previous[String(candidate)])
    return {
      candidate,
      total,
      before: Math.min(now, was) * scale,
      gained: Math.max(0, now - was) * scale,
      lost: now < was,
      fate: stage.elected.includes(candidate)
        ? 'elected'
        : electedBefore.has(candidate)
          ? 'elected_before'
          : stage.excluded.includes(candidate)
            ? 'excluded'
            : excludedBefore.has(candidate)
              ? 'excluded_before'
              : 'continuing',
    }
  })
  return { rows, quota: quota === undefined ? null : { votes: quota, at: amount(quota) * scale }, nontransferable: stage.nontransferable }
}

/** A whole total without decimals that say nothing: 565.00000 is 565; any other keeps all of its own. */
export function trim(text: string): string {
  return text.replace(/\.0+$/, '')
}

/** For a picture: at most two decimals, cut off. The table beside it has them all. */
export function brief(text: string): string {
  return trim(text.replace(/(\.\d\d)\d+$/, '$1'))
}
