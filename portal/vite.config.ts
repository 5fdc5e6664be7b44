import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const server = process.env.ROCHDALE_URL ?? 'http://127.0.0.1:8080'

export default defineConfig({
  plugins: [svelte()],
  resolve: { alias: { $lib: here('./src/lib'), $components: here('./src/components') } },
  build: {
    target: 'es2022',
    // The content security policy knows no inline content, so nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: here('./index.html') },
  },
  server: { proxy: { '/api/v1': server, '/api/openapi.json': server, '/.well-known': server } },
  test: { include: ['tests/unit/**/*.test.ts'], environment: 'node' },
})
