const PATHS = {
  overview: 'M4 6h16M4 12h10M4 18h13',
  records: 'M5 5h14v4H5ZM5 12h14v7H5ZM9 15.5h6',
  calendar:
    'M5.5 5.5h13A1.5 1.5 0 0 1 20 7v11.5a1.5 1.5 0 0 1-1.5 1.5h-13A1.5 1.5 0 0 1 4 18.5V7a1.5 1.5 0 0 1 1.5-1.5ZM4 10h16M8.5 3.5v4M15.5 3.5v4',
  dashboards: 'M5 20V11M12 20V4M19 20v-6',
  history: 'M4 6h3M4 12h3M4 18h3M10 6h10M10 12h6M10 18h8',
  past: 'M4 12a8 8 0 1 0 2.5-5.8M4 4v4h4M12 8v4.5l3 1.5',
  settings: 'M4 7h10M18 7h2M16 5v4M4 17h2M10 17h10M8 15v4',
  operator: 'M4 5h16v10H4ZM9 20h6M12 15v5M7.5 11l2-2.5 2 2 3-3.5',
} as const;

export function NavIcon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg className="nav-icon" viewBox="0 0 24 24" role="presentation" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
