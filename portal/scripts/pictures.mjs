// Puts pictures that the stories took into docs/pictures: those of the READMEs and the books, with the page at a desk in light and the phone beside it in
// dark, and one of each page, as docs/portal-pages.md names them. Take them with `ROCHDALE_SHOTS=FOLDER cargo xtask test --only browser`, and
// look at what changed. It takes that folder, which holds one folder for each story, and then the names of pictures (`pages` for those of each
// page), or none for all.
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const [shots, ...wanted] = process.argv.slice(2)
const TARGET = fileURLToPath(new URL('../../docs/pictures', import.meta.url))
const PICTURES = {
  vote: ['ballots/ballot-irv-desk.png', 'ballots/ballot-schulze-phone.png'],
  result: ['ballots/result-meek-desk.png', 'ballots/result-majority_judgment-phone.png'],
  secrecy: ['secrecy/ballots-under-pseudonyms-desk.png', 'secrecy/a-ballot-under-a-pseudonym-once-more-phone.png'],
  tools: ['tools/tools-used-desk.png', 'tools/chat-phone.png'],
  books: ['books/balances-desk.png', 'books/balances-phone.png'],
  payouts: ['payouts/a-cycle-that-waits-for-approval-desk.png', 'payouts/my-statement-phone.png'],
  verify: ['audit/a-decision-checked-desk.png', 'audit/a-bundle-verified-phone.png'],
}
/** How far down the page of a desk the picture begins, in its own pixels. */
const FROM = { vote: 640, verify: 1650, result: 100, secrecy: 100, payouts: 1330 }
/** The same of a phone. */
const FROM_PHONE = { vote: 620 }
const data = (file) => `data:image/png;base64,${readFileSync(join(shots, file)).toString('base64')}`

if (!shots || !existsSync(shots)) throw new Error('name the folder of pictures')
if (wanted.length === 0 || wanted.includes('pages')) {
  mkdirSync(join(TARGET, 'pages'), { recursive: true })
  const named = readFileSync(join(TARGET, '../portal-pages.md'), 'utf8').matchAll(/\(pictures\/pages\/([^)]+)\)/g)
  for (const [, name] of named) copyFileSync(join(shots, 'everyone/pages', name), join(TARGET, 'pages', name))
}
const browser = await chromium.launch({ executablePath: process.env.ROCHDALE_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: 1100, height: 620 } })
for (const [name, [desk, phone]] of Object.entries(PICTURES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  await page.setContent(`<style>
    body { margin: 0; height: 620px; display: flex; gap: 24px; padding: 24px; box-sizing: border-box; background: #e9e6dc }
    div { overflow: hidden; border-radius: 10px; box-shadow: 0 2px 14px rgb(0 0 0 / 20%) }
    .desk { flex: 1 } .desk img { width: 100%; margin-top: -${(FROM[name] ?? 0) * 0.611}px }
    .phone { width: 246px } .phone img { width: 100%; margin-top: -${(FROM_PHONE[name] ?? 0) * 0.631}px }
  </style><div class="desk"><img src="${data(desk)}"></div><div class="phone"><img src="${data(phone)}"></div>`)
  await page.waitForTimeout(300)
  await page.screenshot({ path: join(TARGET, `${name}.png`) })
}
await browser.close()
