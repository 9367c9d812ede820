from folio_conf import *  # noqa: F403

folio_profile = "profile.yaml"
