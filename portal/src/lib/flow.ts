/**
 * The rounds of a count as a flow: one column for each stage, a block for what each candidate holds, and ribbons for what stays and
 * what moves on. Where many gain at once, what a candidate loses is drawn in the proportion of the gains; the exact numbers stand in
 * the table.
 */
import type { Count } from './api/types'

/** Votes that nobody holds any more. */
export const NOBODY = 0

export interface Block {
  stage: number
  /** The candidate from 1, or {@link NOBODY}. */
  candidate: number
  total: number
  y: number
  height: number
  fate: 'elected' | 'continuing' | 'excluded' | 'nobody'
}
export interface Ribbon {
  stage: number
  from: number
  to: number
  amount: number
  fromY: number
  toY: number
  height: number
}
export interface Flow {
  blocks: Block[]
  ribbons: Ribbon[]
  stages: number
  height: number
  /** The candidates from the top. */
  order: number[]
}

/** The height of all votes together, and the space between candidates, in units of the picture. */
const VOTES_HEIGHT = 220
const GAP = 14
/** What holds votes is at least so high, or it would not be seen. */
const LEAST = 1.5

const amount = (text: string | undefined): number => Number(text ?? 0)

/** The elected in their order, then the others, whoever was excluded first at the bottom. */
export function orderOf(count: Count): number[] {
  const all = Object.keys(count.stages[0]?.totals ?? {}).map(Number)
  const excluded = count.stages.flatMap((stage) => stage.excluded)
  const stood = all.filter((each) => !count.elected.includes(each) && !excluded.includes(each))
  return [...count.elected, ...stood, ...excluded.filter((each) => !count.elected.includes(each)).toReversed()]
}

/** What moves from stage to stage: from whom, to whom, how much. What stays is a move to oneself. */
export function movesOf(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): { from: number; to: number; amount: number }[] {
  const all = [...new Set([...before.keys(), ...after.keys()])]
  const held = (map: ReadonlyMap<number, number>, who: number) => map.get(who) ?? 0
  const moves = all.map((who) => ({ from: who, to: who, amount: Math.min(held(before, who), held(after, who)) }))
  const gains = all.map((who) => ({ who, amount: Math.max(0, held(after, who) - held(before, who)) })).filter((gain) => gain.amount > 0)
  const gained = gains.reduce((sum, gain) => sum + gain.amount, 0)
  for (const from of all) {
    const lost = held(before, from) - held(after, from)
    if (lost > 0) for (const gain of gains) moves.push({ from, to: gain.who, amount: (Math.min(lost, gained) * gain.amount) / gained })
  }
  return moves.filter((move) => move.amount > 0)
}

export function flowOf(count: Count): Flow {
  const order = orderOf(count)
  const rows = [...order, NOBODY]
  const held = count.stages.map((stage) => new Map(rows.map((who) => [who, who === NOBODY ? amount(stage.nontransferable) : amount(stage.totals[String(who)])])))
  const most = Math.max(1, ...held.map((map) => [...map.values()].reduce((sum, each) => sum + each, 0)))
  const scale = VOTES_HEIGHT / most
  const blocks: Block[] = []
  const ribbons: Ribbon[] = []
  const place = new Map<string, number>()
  held.forEach((map, stage) => {
    const elected = new Set(count.stages.slice(0, stage + 1).flatMap((each) => each.elected))
    const excluded = new Set(count.stages.slice(0, stage + 1).flatMap((each) => each.excluded))
    let y = 0
    for (const candidate of rows) {
      const total = map.get(candidate) ?? 0
      const height = total === 0 ? 0 : Math.max(LEAST, total * scale)
      const fate = candidate === NOBODY ? 'nobody' : elected.has(candidate) ? 'elected' : excluded.has(candidate) ? 'excluded' : 'continuing'
      if (height > 0) blocks.push({ stage, candidate, total, y, height, fate })
      place.set(`${stage}:${candidate}`, y)
      y += height + GAP
    }
  })
  for (let stage = 0; stage + 1 < held.length; stage += 1) {
    const leaves = new Map<number, number>()
    const arrives = new Map<number, number>()
    const take = (used: Map<number, number>, who: number, height: number) => {
      const at = used.get(who) ?? 0
      used.set(who, at + height)
      return at
    }
    const byRow = (who: number) => rows.indexOf(who)
    // What stays lies at the top of its block, then what moves, from the top to the bottom, so that ribbons cross least.
    const moves = movesOf(held[stage]!, held[stage + 1]!).toSorted(
      (left, right) => Number(left.from !== left.to) - Number(right.from !== right.to) || byRow(left.from) - byRow(right.from) || byRow(left.to) - byRow(right.to),
    )
    for (const move of moves) {
      const height = move.amount * scale
      const fromY = (place.get(`${stage}:${move.from}`) ?? 0) + take(leaves, move.from, height)
      const toY = (place.get(`${stage + 1}:${move.to}`) ?? 0) + take(arrives, move.to, height)
      ribbons.push({ stage, ...move, fromY, toY, height })
    }
  }
  return { blocks, ribbons, stages: held.length, height: VOTES_HEIGHT + GAP * rows.length, order }
}
