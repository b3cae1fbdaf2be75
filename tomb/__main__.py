from tomb.cli import main

raise SystemExit(main())
