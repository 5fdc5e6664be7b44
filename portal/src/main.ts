import { mount } from 'svelte'
import './app.css'
import App from './App.svelte'
import { startClock } from './lib/clock.svelte'
import { startRouter } from './lib/router.svelte'
import { startSession } from './lib/session.svelte'
import { startText } from './lib/text/index.svelte'
import { applyTheme, storedTheme } from './lib/theme'

applyTheme(storedTheme())
startRouter()
startClock()
await startText()
mount(App, { target: document.getElementById('app')! })
void startSession()
