from folio_conf import *  # noqa: F403
