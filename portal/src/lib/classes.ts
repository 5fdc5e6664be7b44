import type { Class } from './api/types'

/** The classes of members, in the order in which they are offered. */
export const CLASSES: readonly Class[] = ['worker', 'user', 'supporter', 'observer']
