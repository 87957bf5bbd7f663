"""Questions beyond a comparison, one file each, named as they are typed."""
