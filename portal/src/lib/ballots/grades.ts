/** Names of grades. The record has numbers alone, 0 the worst; the words are the portal's, the same for everybody. */
import { t } from '../text/index.svelte'

const NAMES = ['reject', 'very_poor', 'poor', 'acceptable', 'good', 'very_good', 'excellent'] as const
type Grade = (typeof NAMES)[number]
/** Which of the names a scale of so many grades uses, the worst first. */
const SCALES: Readonly<Record<number, readonly Grade[]>> = {
  2: ['reject', 'acceptable'],
  3: ['reject', 'acceptable', 'good'],
  4: ['reject', 'poor', 'acceptable', 'good'],
  5: ['reject', 'poor', 'acceptable', 'good', 'excellent'],
  6: ['reject', 'poor', 'acceptable', 'good', 'very_good', 'excellent'],
  7: NAMES,
}

export function gradeName(grade: number, grades: number): string {
  const name = SCALES[grades]?.[grade]
  return name === undefined ? t('grade.number', { grade: grade + 1, of: grades }) : t(`grade.${name}`)
}
