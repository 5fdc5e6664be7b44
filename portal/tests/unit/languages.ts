// The files of the languages, whole, by their tags.
interface LanguageFile {
  portal: Record<string, string>
  server: Record<string, string>
  audit: Record<string, string>
}

const found = import.meta.glob<LanguageFile>('../../src/lib/text/languages/*.json', { eager: true, import: 'default' })
export const LANGUAGES: Readonly<Record<string, LanguageFile>> = Object.fromEntries(
  Object.entries(found).map(([path, file]) => [path.replaceAll(/^.*\/|\.json$/g, ''), file]),
)
