from folio_conf import *  # noqa: F403

folio_results = "results"
