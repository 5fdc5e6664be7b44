// Aim: the typed client is that of the committed description. Method: generate it again and compare.
import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { DESCRIPTION, schemaText } from '../../scripts/schema.mjs'

it.skipIf(!existsSync(DESCRIPTION))('the generated schema is the newest (npm run schema)', async () => {
  const committed = readFileSync(new URL('../../src/lib/api/schema.ts', import.meta.url), 'utf8')
  expect(await schemaText(readFileSync(DESCRIPTION, 'utf8'))).toBe(committed)
})
