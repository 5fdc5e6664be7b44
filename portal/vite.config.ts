import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env.ROCHDALE_URL ?? 'http://127.0.0.1:8080'

/**
 * Whoever comes for the first time sees the page to sign in: its script and style are named in the document, so that they come beside the
 * others instead of one journey after them.
 */
function firstPage(): Plugin {
  return {
    name: 'first-page',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle, chunk: entry }) {
        const chunks = Object.values(bundle ?? {}).filter((each) => each.type === 'chunk')
        const page = chunks.find((each) => each.facadeModuleId?.endsWith('/pages/SignIn.svelte'))
        if (page === undefined || entry === undefined) return html
        const scripts = [page.fileName, ...page.imports].map((href) => ({ href, rel: 'modulepreload' }))
        const styles = chunks.filter((each) => [page.fileName, ...page.imports].includes(each.fileName)).flatMap((each) => [...(each.viteMetadata?.importedCss ?? [])])
        const links = [...scripts, ...styles.map((href) => ({ href, rel: 'stylesheet' }))].filter(({ href }) => !html.includes(href) && href !== entry.fileName)
        return links.map(({ href, rel }) => ({ tag: 'link', attrs: { rel, crossorigin: true, href: `/${href}` }, injectTo: 'head' as const }))
      },
    },
  }
}

/** One section of a file of a language, by `?section=`: whoever only reads the pages does not load every sentence of the server with them. */
function sections(): Plugin {
  return {
    name: 'sections',
    async load(id) {
      const [, path, section] = /^(.+\.json)\?section=(\w+)$/.exec(id) ?? []
      if (path === undefined || section === undefined) return null
      this.addWatchFile(path)
      const texts = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>
      return { code: JSON.stringify(texts[section] ?? {}), moduleType: 'json' }
    },
  }
}

type Importers = (id: string) => { importers: readonly string[] } | null

/** What the entry and the page to sign in need at once: one file of it comes sooner than a dozen, each of which is asked for by itself. */
function isOfFirstPage(id: string, info: Importers, seen = new Set<string>()): boolean {
  if (/\/src\/(main\.ts|pages\/SignIn\.svelte)$/.test(id)) return true
  seen.add(id)
  return (info(id)?.importers ?? []).some((importer) => !seen.has(importer) && isOfFirstPage(importer, info, seen))
}

export default defineConfig({
  plugins: [svelte(), sections(), firstPage()],
  resolve: { alias: { $lib: here('./src/lib'), $components: here('./src/components') } },
  // The server puts the nonce of each answer in its place.
  html: { cspNonce: 'nonce-of-this-answer' },
  build: {
    target: 'es2022',
    // The content security policy knows no inline content, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: here('./index.html'), output: { manualChunks: (id, meta) => (isOfFirstPage(id, meta.getModuleInfo) ? 'first' : undefined) } },
  },
  worker: { format: 'es' },
  server: { proxy: { '/api/v1': server, '/api/openapi.json': server, '/.well-known': server } },
  // Thousands of hashes by WebCrypto take their time where the machine has other work.
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node', testTimeout: 30_000 },
})
