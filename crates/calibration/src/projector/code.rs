//! Code words by which projected dots are identified.

/// Number of letters in a word, each shown as one picture and its inverse.
pub const WORD_LENGTH: usize = 13;
/// Minimum number of letters in which two words differ: with three letters unreadable, a word is still not another one.
pub const WORD_DISTANCE: u32 = 4;
/// Maximum number of words.
pub const MAX_WORDS: usize = 256;

/// Returns the first `count` words, letter `i` in bit `i`; at most [`MAX_WORDS`].
///
/// They form the lexicode: the smallest numbers that keep their distance from all before (Conway & Sloane,
/// Lexicographic codes, IEEE Trans. Inf. Theory 32, 1986). Of this length and distance it is the shortened extended
/// Hamming code.
#[must_use]
pub fn words(count: usize) -> Vec<u16> {
    let mut words: Vec<u16> = Vec::with_capacity(count.min(MAX_WORDS));
    for word in 0..1_u16 << WORD_LENGTH {
        if words.len() >= count {
            break;
        }
        if words.iter().all(|other| (word ^ other).count_ones() >= WORD_DISTANCE) {
            words.push(word);
        }
    }
    words
}

/// Finds the index of the word that has all these letters, of which unreadable ones are `None`. Returns `None` if more
/// than three letters are unreadable, or no word has them.
#[must_use]
pub fn find(words: &[u16], letters: &[Option<bool>]) -> Option<usize> {
    let (mut read, mut lit) = (0_u16, 0_u16);
    for (i, letter) in letters.iter().take(WORD_LENGTH).enumerate() {
        read |= u16::from(letter.is_some()) << i;
        lit |= u16::from(*letter == Some(true)) << i;
    }
    if read.count_ones() + WORD_DISTANCE <= WORD_LENGTH as u32 {
        return None;
    }
    words.iter().position(|word| (word ^ lit) & read == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_words_as_said_and_they_keep_their_distance() {
        let words = words(MAX_WORDS + 1);
        assert_eq!(words.len(), MAX_WORDS);
        for (i, a) in words.iter().enumerate() {
            assert!(words[..i].iter().all(|b| (a ^ b).count_ones() >= WORD_DISTANCE));
        }
    }

    #[test]
    fn a_word_is_found_with_three_letters_missing_and_not_with_four_or_a_wrong_one() {
        let words = words(MAX_WORDS);
        for (index, word) in words.iter().enumerate() {
            let mut letters: Vec<Option<bool>> = (0..WORD_LENGTH).map(|i| Some(word >> i & 1 == 1)).collect();
            for missing in [2, 5, 11] {
                letters[missing] = None;
            }
            assert_eq!(find(&words, &letters), Some(index));
            letters[0] = letters[0].map(|lit| !lit);
            assert_eq!(find(&words, &letters), None);
            letters[0] = None;
            assert_eq!(find(&words, &letters), None);
        }
    }
}
