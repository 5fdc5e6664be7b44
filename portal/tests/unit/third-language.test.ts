// Aim: a third language is one file. Method: a file of a language that nobody wrote yet is laid beside the others in a copy of the texts,
// which are used as they are: it is offered, chosen and spoken, also where the server has words of its own in two languages only.
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const here = fileURLToPath(new URL('.', import.meta.url))
const copy = mkdtempSync(join(here, 'third-language-'))
cpSync(join(here, '../../src/lib/text'), join(copy, 'text'), { recursive: true })
cpSync(join(here, '../../src/lib/format.ts'), join(copy, 'format.ts'))
writeFileSync(
  join(copy, 'text/languages/eo.json'),
  JSON.stringify({
    portal: { 'nav.home': 'Hejmo', 'list.join': ' kaj ', 'role.steward': 'intendanto' },
    server: { 'There is no quorum.': 'Ne estas kvorumo.', 'Only a {roles} of the co-op can do this. Ask one.': 'Nur {roles&role} de la kooperativo povas tion. Demandu unu.' },
    audit: { 'the file ends in the middle': 'la dosiero finiĝas meze' },
  }),
)
vi.stubGlobal('document', { documentElement: {} })
vi.stubGlobal('navigator', { languages: ['zh-TW', 'eo-001', 'en'] })

const texts = (await import(/* @vite-ignore */ `./${basename(copy)}/text/index.svelte.ts`)) as typeof import('../../src/lib/text/index.svelte')
const server = (await import(/* @vite-ignore */ `./${basename(copy)}/text/server.svelte.ts`)) as typeof import('../../src/lib/text/server.svelte')

describe('a file of a third language', () => {
  beforeAll(() => texts.choose('eo'))
  afterAll(() => rmSync(copy, { recursive: true }))

  it('is offered by its own name, to whoever reads it', () => {
    expect(texts.LANGUAGES).toEqual(['en', 'eo', 'zh-Hans'])
    expect(texts.LANGUAGES.map(texts.ownName)).toEqual(['English', new Intl.DisplayNames(['eo'], { type: 'language' }).of('eo'), '简体中文'])
    expect(texts.preferred(null, ['fr', 'eo-001'])).toBe('eo')
    expect(texts.preferred('eo', ['en'])).toBe('eo')
    expect(texts.locale()).toBe('eo-001')
  })

  it('speaks in every page; what it lacks is English', () => {
    expect(document.documentElement.lang).toBe('eo')
    expect(texts.t('nav.home')).toBe('Hejmo')
    expect(texts.t('nav.account')).toBe('Account')
  })

  it('says the sentences of the server and of the auditor’s program', async () => {
    await vi.waitFor(() => expect(server.serverSays('There is no quorum.')).toBe('Ne estas kvorumo.'))
    expect(server.serverSays('Only a steward or treasurer of the co-op can do this. Ask one.')).toBe('Nur intendanto kaj Treasurer de la kooperativo povas tion. Demandu unu.')
    await vi.waitFor(() => expect(server.auditSays('the file ends in the middle')).toBe('la dosiero finiĝas meze'))
  })

  it('says what the server writes in two languages, in the third', async () => {
    const both = ['There is no quorum.', '没有法定人数要求。'] as const
    expect(server.inLanguage(...both)).toBe('Ne estas kvorumo.')
    expect(server.readable()).toBe('en')
    await texts.choose('zh-Hans')
    // A browser in Taipei dates a page in simplified characters as that page is written.
    expect(texts.locale()).toBe('zh-Hans')
    expect(server.inLanguage(...both)).toBe('没有法定人数要求。')
    expect(server.readable()).toBe('zh-Hans')
    await texts.choose('en')
    expect(server.inLanguage(...both)).toBe('There is no quorum.')
  })
})
