/** Light or dark: the system's choice unless the person made one here. */
export type Theme = 'system' | 'light' | 'dark'
const STORED = 'rochdale.theme'

export function storedTheme(): Theme {
  try {
    const value = localStorage.getItem(STORED)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

export function applyTheme(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

export function chooseTheme(theme: Theme): void {
  applyTheme(theme)
  try {
    localStorage.setItem(STORED, theme)
  } catch {
    // Storage may be forbidden; the choice then lasts for this page.
  }
}
