/** What the documents say of the portal, held against the portal and against each other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const at = (path: string) => new URL(`../../../${path}`, import.meta.url)
const read = (path: string) => readFileSync(at(path), 'utf8')

describe('the two READMEs', () => {
  const [english, chinese] = [read('README.md'), read('README.zh-CN.md')]
  /** What does not depend on the language: how deep the headings are, where pictures and links lead, what is typed, how long lists are. */
  const bones = (text: string) => ({
    headings: [...text.matchAll(/^#+(?= )/gm)].map(([marks]) => marks),
    pictures: [...text.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path),
    links: [...text.matchAll(/(?<!!)\[[^\]]*\]\(([^)]+)\)/g)].map(([, path]) => path).filter((path) => !path?.startsWith('README')),
    typed: [...text.matchAll(/^ {4}(.+)$/gm)].map(([, line]) => line),
    commands: [...text.matchAll(/`((?:cargo|--)[^`]*)`/g)].map(([, words]) => words),
    points: [...text.matchAll(/^- /gm)].length,
    rows: [...text.matchAll(/^\| /gm)].length,
  })

  it('say the same, part by part', () => {
    expect(bones(chinese)).toEqual(bones(english))
  })
  it('lead to files that are there', () => {
    const { pictures, links } = bones(english)
    expect([...pictures, ...links].filter((path) => path !== undefined && !existsSync(at(path)))).toEqual([])
  })
})

describe('the pages in pictures', () => {
  const shown = read('docs/portal-pages.md')

  it('name every address of the portal', () => {
    const routes = [...readFileSync(new URL('../../src/routes.ts', import.meta.url), 'utf8').matchAll(/path: '([^']+)'/g)].map(([, path]) => path ?? '')
    expect(routes.length).toBeGreaterThan(40)
    expect(routes.filter((path) => !shown.includes(`\`${path}\``))).toEqual([])
  })
  it('show every picture there is, and none that is not', () => {
    const pictures = [...shown.matchAll(/\(pictures\/(pages\/[^)]+)\)/g)].map(([, path]) => path ?? '')
    const there = readdirSync(at('docs/pictures/pages')).map((name) => `pages/${name}`)
    expect([...new Set(pictures)].toSorted()).toEqual(there.toSorted())
  })
})
