/** What a ballot of each method looks like, and what is wrong with one; as governance/src/ballot.rs has it. */
import type { Counting } from '../api/types'

/** What a ballot looks like, with the limits of its rule. */
export type BallotForm =
  | { form: 'motion' }
  | { form: 'consent' }
  /** Options are only named, at most so many; 0 is any number. */
  | { form: 'choices'; most: number }
  /** Points for options, each from 0 to a highest. `unscored` says whether a 0 differs from saying nothing. */
  | { form: 'points'; most: number; unscored: 'zero' | 'no_opinion' }
  /** A grade for each option, 0 the worst. */
  | { form: 'grades'; grades: number }
  /** Votes whose squares are paid from credits. */
  | { form: 'credits'; credits: number }
  /** Dots that are spread. */
  | { form: 'dots'; dots: number }
  /** Options in order; `equal` where some may stand side by side, `withDefault` where "nothing changes" is ranked too. */
  | { form: 'ranks'; equal: boolean; withDefault: boolean }

/** Above so many places Meek's method takes no equal ranks: one ballot must not make a count impossible. */
const EQUAL_RANKS_SEATS_MAX = 30

export function formOf(counting: Counting): BallotForm {
  switch (counting.method) {
    case 'yes_no':
    case 'optimistic':
      return { form: 'motion' }
    case 'consent':
      return { form: 'consent' }
    case 'plurality':
      return { form: 'choices', most: 1 }
    case 'approval':
      return { form: 'choices', most: counting.choices_max }
    case 'budget':
      return counting.ballots.form === 'choices'
        ? { form: 'choices', most: counting.ballots.choices_max }
        : { form: 'points', most: counting.ballots.points_max, unscored: 'zero' }
    case 'score':
      return { form: 'points', most: counting.points_max, unscored: counting.unscored.as }
    case 'majority_judgment':
      return { form: 'grades', grades: counting.grades }
    case 'quadratic':
      return { form: 'credits', credits: counting.credits }
    case 'dots':
      return { form: 'dots', dots: counting.dots }
    case 'irv':
    case 'scottish_stv':
      return { form: 'ranks', equal: false, withDefault: false }
    case 'meek':
      return { form: 'ranks', equal: counting.seats <= EQUAL_RANKS_SEATS_MAX, withDefault: false }
    case 'schulze':
    case 'copeland':
      return { form: 'ranks', equal: true, withDefault: counting.default_option !== null && counting.default_option !== undefined }
  }
}

/** The answers of a motion and of consent, in the order in which ballots number them. */
export const MOTION_ANSWERS = ['yes', 'no', 'abstain', 'blank'] as const
export const CONSENT_ANSWERS = ['consent', 'stand_aside', 'objection'] as const
/** The number of an objection among the answers of consent. */
export const OBJECTION = 2
