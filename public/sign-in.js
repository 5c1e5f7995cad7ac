// Whoever comes here is signed out, or about to be someone else: private halves of signing pairs are kept no longer.
sessionStorage.clear();
