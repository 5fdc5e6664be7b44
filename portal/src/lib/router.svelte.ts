/** Addresses of the portal: a small table over the history of the browser. Unknown addresses lead to a page that says so. */
import type { Component } from 'svelte'

export type Params = Record<string, string>
// Pages differ in their properties; the router hands each the parameters of its own address.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type PageModule = { default: Component<any> }

export interface Route {
  path: string
  load: () => Promise<PageModule>
  /** Whether the page is for people who are signed in. */
  session: boolean
}

interface Location {
  path: string
  query: URLSearchParams
}

function read(): Location {
  return { path: window.location.pathname, query: new URLSearchParams(window.location.search) }
}

export const location = $state<{ now: Location }>({ now: { path: '/', query: new URLSearchParams() } })

/** The parameters of `path` under `pattern`, or null where it does not fit. */
export function match(pattern: string, path: string): Params | null {
  const wanted = pattern.split('/').filter(Boolean)
  const given = path.split('/').filter(Boolean)
  if (wanted.length !== given.length) return null
  const params: Params = {}
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? ''
    if (part.startsWith(':')) {
      try {
        params[part.slice(1)] = decodeURIComponent(value)
      } catch {
        return null
      }
    } else if (part !== value) return null
  }
  return params
}

export function find(routes: readonly Route[], path: string): { route: Route; params: Params } | null {
  for (const route of routes) {
    const params = match(route.path, path)
    if (params !== null) return { route, params }
  }
  return null
}

/** A way back that a link may name: an address of this portal and nothing else (no open redirect). */
export function safeReturn(target: string | null, origin: string): string {
  if (target === null || !target.startsWith('/') || target.startsWith('//') || target.includes('\\')) return '/'
  try {
    const url = new URL(target, origin)
    return url.origin === origin ? url.pathname + url.search : '/'
  } catch {
    return '/'
  }
}

export function go(target: string, options: { replace?: boolean } = {}): void {
  if (options.replace) history.replaceState(null, '', target)
  else history.pushState(null, '', target)
  location.now = read()
  window.scrollTo(0, 0)
}

/** Begins to follow the address bar and links. */
export function startRouter(): void {
  location.now = read()
  window.addEventListener('popstate', () => (location.now = read()))
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    const link = (event.target as Element | null)?.closest?.('a')
    if (!link || link.target !== '' || link.hasAttribute('download') || link.origin !== window.location.origin) return
    if (link.pathname.startsWith('/problems/') || link.pathname.startsWith('/log/')) return
    if ((link.pathname.startsWith('/api/') && link.pathname !== '/api/docs') || (link.hash !== '' && link.pathname === window.location.pathname)) return
    event.preventDefault()
    go(link.pathname + link.search)
  })
}
