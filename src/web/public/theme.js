// Runs before the first paint, so that a chosen theme does not flash the other one. The names are those of shell/theme.ts.
document.documentElement.dataset.theme = localStorage.getItem('annals.theme') ?? 'system';
