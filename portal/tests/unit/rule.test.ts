// Aim: the portal shows a rule in the words of the server, in the language of the page.
import { describe, expect, it } from 'vitest'
import { inLanguage } from '../../src/lib/rule'

describe('a rule in plain sentences', () => {
  const both = ['There is no quorum.', '没有法定人数要求。'] as const

  it('is shown in the language of the page', () => {
    expect(inLanguage(...both)).toBe('There is no quorum.')
    expect(inLanguage(...both, 'en')).toBe('There is no quorum.')
    expect(inLanguage(...both, 'zh-Hans')).toBe('没有法定人数要求。')
  })
})
