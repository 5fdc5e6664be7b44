/** Every address of the portal. Each page is its own file of script, loaded when it is first seen. */
import type { Route } from './lib/router.svelte'

export const routes: readonly Route[] = [
  { path: '/', load: () => import('./pages/Home.svelte'), session: true },
  { path: '/sign-in', load: () => import('./pages/SignIn.svelte'), session: false },
  { path: '/sign-up', load: () => import('./pages/SignUp.svelte'), session: false },
  { path: '/join', load: () => import('./pages/Join.svelte'), session: false },
  { path: '/reset', load: () => import('./pages/ResetPassword.svelte'), session: false },
  { path: '/confirm', load: () => import('./pages/ConfirmEmail.svelte'), session: false },
  { path: '/unsubscribe/:token', load: () => import('./pages/Unsubscribe.svelte'), session: false },
  { path: '/api/docs', load: () => import('./pages/ApiDocs.svelte'), session: false },
  { path: '/found', load: () => import('./pages/Found.svelte'), session: true },
  { path: '/account', load: () => import('./pages/Account.svelte'), session: true },
  { path: '/directory/:slug', load: () => import('./pages/Directory.svelte'), session: false },
  { path: '/coops/:coop', load: () => import('./pages/coop/Proposals.svelte'), session: true },
  { path: '/coops/:coop/members', load: () => import('./pages/coop/Members.svelte'), session: true },
  { path: '/coops/:coop/members/:member', load: () => import('./pages/coop/Member.svelte'), session: true },
  { path: '/coops/:coop/bylaws', load: () => import('./pages/coop/Bylaws.svelte'), session: true },
  { path: '/coops/:coop/record', load: () => import('./pages/coop/Record.svelte'), session: true },
  { path: '/coops/:coop/keys', load: () => import('./pages/coop/Keys.svelte'), session: true },
  { path: '/coops/:coop/notices', load: () => import('./pages/coop/Notices.svelte'), session: true },
  { path: '/coops/:coop/delegations', load: () => import('./pages/coop/Delegations.svelte'), session: true },
  { path: '/coops/:coop/halts', load: () => import('./pages/coop/Halts.svelte'), session: true },
  { path: '/coops/:coop/proposals/new', load: () => import('./pages/coop/NewProposal.svelte'), session: true },
  { path: '/coops/:coop/proposals/:proposal/edit', load: () => import('./pages/coop/EditProposal.svelte'), session: true },
  { path: '/coops/:coop/proposals/:proposal', load: () => import('./pages/proposal/Proposal.svelte'), session: true },
]
