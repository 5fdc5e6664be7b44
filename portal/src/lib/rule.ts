/**
 * A decision rule in plain sentences. The server writes them in every language of the portal, from the data that it counts by, so
 * that no second program can tell a member something else.
 */
import { language, type Language } from './text/index.svelte'

/** The one of both in the language of the page. */
export const inLanguage = (english: string, chinese: string, wanted: Language = language()): string => (wanted === 'zh-Hans' ? chinese : english)
